"use strict";

// The document says where the API lies on its own host; behind a proxy that puts a path before it, it lies where this page does.
fetch("v1/openapi.json").then((answer) => answer.json()).then((spec) => {
  spec.servers = [{ url: new URL("v1", document.baseURI).pathname }];
  SwaggerUIBundle({
    spec,
    dom_id: "#page",
    deepLinking: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
